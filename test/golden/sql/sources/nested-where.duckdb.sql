select (text->>'$.arrival')::timestamp, text->>'$.meta.device.id', (text->>'$.meta.fw')::integer, (text->>'$.ok')::boolean from lines
where text like '%"tags":%"a"%,"readings"%' or (text->>'$.ok') = 'true' order by line
