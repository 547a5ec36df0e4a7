create stream o (k varchar(4));
create pump p as insert into o select stream ticker from trades t where (ticker, qty) > ('a', 1) and (ticker, qty) in (('b', 2), ('c', 3)) and (seen_at, t.rowtime) overlaps (t.rowtime, seen_at);
