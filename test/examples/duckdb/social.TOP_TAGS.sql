select ended, tag, uses from (
  select *, row_number() over (partition by ended order by uses desc, first) as place from (
    select time_bucket(interval 5 minute, arrival) + interval 5 minute as ended, tag, count(*) as uses, min(line) as first
    from input where tag is not null group by ended, tag
  )
) where place <= 3 order by ended, place
