create stream o (a bigint, b integer, c decimal(18,2), d real, e varchar(4), f bigint);
create pump p as insert into o select stream sum(qty), avg(qty), sum(paid) / count(*), avg(rate), max(ticker), count(note) + count(note) from trades t group by floor(t.rowtime to second);
