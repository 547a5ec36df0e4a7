create stream o (a varchar(1024), n bigint);
create pump p1 as insert into o select stream item, item_count from table(top_k_items_tumbling(cursor(select stream ticker from trades), 'TICKER', 3, 60));
create pump p2 as insert into o (n) select stream number_of_distinct_items from table(count_distinct_items_tumbling(cursor(select stream ticker from trades), 'TICKER', 60));
create pump p3 as insert into o select stream ticker, "place" from table(group_rank(cursor(select stream ticker, qty from trades), 'QTY', 'place', 'desc', 'asc', 0, 5));
create pump p4 as insert into o (a) select stream hotspots_result from table(hotspots(cursor(select stream "price", qty from trades), 100, 0.5, 10));
create pump p5 as insert into o (a) select stream ticker from table(random_cut_forest(cursor(select stream ticker, "price" from trades), 20, 64, 1000, 1)) where anomaly_score > 3;
