select arrival, k, arrival, line, line, 'shardId-000000000000' from input order by line
