create stream o (k varchar(4), minute_of timestamp, n bigint, f varchar(4));
create pump p as insert into o select stream ticker, floor(t.seen_at to minute), count(*), last_value(ticker) ignore nulls from trades t where qty > 0 windowed by stagger (partition by floor(t.seen_at to minute), ticker range interval '90' second(2)) having max(qty) > 1;
