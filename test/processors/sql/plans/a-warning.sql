create stream o (a varchar);
create pump p as insert into o select ticker from trades where seen_at > rowtime - interval '120' second;
