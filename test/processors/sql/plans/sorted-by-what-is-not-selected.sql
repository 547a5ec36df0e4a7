create stream o (k varchar(4));
create pump p as insert into o select stream ticker from trades t order by step(t.rowtime by interval '10' second), "price" * qty desc nulls last limit 5;
