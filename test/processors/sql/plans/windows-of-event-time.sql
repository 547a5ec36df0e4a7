create stream e (k varchar(4), qty integer, seen timestamp, watermark for seen as seen - interval '5' second) options (allowed_lateness interval '1' minute, idle_timeout interval '30' second);
create pump ep as insert into e select stream ticker, qty, seen_at from trades;
create stream o (k varchar(4), n bigint, ended timestamp);
create pump hops as insert into o select stream k, count(distinct qty), window_end from table(hop(table e, descriptor(seen), interval '1' minute, interval '5' minute)) where qty > 1 group by k, window_start, window_end;
create pump sums as insert into o select stream k, sum(qty) filter (where qty > 1), window_end from table(cumulate(table e, descriptor(seen), interval '1' minute, interval '1' hour)) group by k, window_start, window_end;
create pump sessions as insert into o select stream k, count(*), window_end from table(session(table e partition by k, descriptor(seen), interval '9' minute)) group by k, window_start, window_end;
create pump each_row as insert into o select stream k, qty, window_end from table(tumble(table e, descriptor(seen), interval '1' minute));
