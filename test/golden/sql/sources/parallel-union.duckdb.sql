with i as (select *, ('0x' || substr(md5(line::varchar), 1, 8))::bigint * 3 // 4294967296 % 2 as which from input) select arrival, k, v from i order by arrival, which, line
