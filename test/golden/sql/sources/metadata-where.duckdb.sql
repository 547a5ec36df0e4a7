select arrival, line, line, 0 from input where ('0x' || substr(md5(line::varchar), 1, 8))::bigint * 2 // 4294967296 = 1 and line::varchar > '1' order by line
