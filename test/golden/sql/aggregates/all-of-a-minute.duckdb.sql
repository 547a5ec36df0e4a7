select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(*), count(qty), sum(qty), sum(distinct qty), count(distinct qty), cast(trunc(sum(qty) / count(qty)) as integer), min(qty), max(qty),
  var_pop(qty), var_samp(qty), stddev_pop(qty), stddev_samp(qty), var_samp(qty), stddev_samp(qty) from input group by w, sym order by w, min(line)
