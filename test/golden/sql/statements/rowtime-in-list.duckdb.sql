select date_trunc('minute', arrival - interval 1 millisecond) + interval 1 minute, k, v from input order by line
