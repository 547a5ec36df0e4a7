select date_trunc('minute', (text->>'$.arrival')::timestamp) + interval 1 minute as w, text->>'$.meta.device.id' as d, max((text->>'$.meta.fw')::integer),
  max(length(case when regexp_matches(text, '"tags":\[') then regexp_extract(text, '"tags":(\[.*?\])(?:,"readings"|,"ok"|}$)', 1) when regexp_matches(text, '"tags":"none"') then 'none' end))
from lines group by w, d order by w, min(line)
