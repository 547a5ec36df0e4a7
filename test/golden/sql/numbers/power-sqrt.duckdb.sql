select arrival, id, pow(q::double, 2), pow(d, e), case when d >= 0 then sqrt(d) end, pow(10::double, ti) from input
where d >= 0 and e is not null and not (d = 0 and e < 0) or d is null order by line
