with i as (select *, ('0x' || substr(md5(line::varchar), 1, 8))::bigint * 2 // 4294967296 + 1 as which from input) select arrival, k, v, which from i order by arrival, which, line
