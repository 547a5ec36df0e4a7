select arrival, nullif(regexp_extract(text, '^.*"(\w+) ([^ ]+) [^"]*" (\d{3}) .*$', 1), ''), nullif(regexp_extract(text, '^.*"(\w+) ([^ ]+) [^"]*" (\d{3}) .*$', 2), ''),
  nullif(regexp_extract(text, '^.*"(\w+) ([^ ]+) [^"]*" (\d{3}) .*$', 3), '')::integer from input order by line
