create stream o (a integer, b varchar(4));
insert into o values (1, 'a'), (2 + 3, null);
create pump p stopped as insert into o select * from (values (1, 'b') except values (2, 'c'), (1, 'b')) as t (a, b) order by a desc limit 2;
alter pump p start;
create pump q as insert into o values (7, 'q');
alter pump q stop;
