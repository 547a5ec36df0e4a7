-- stream: I
select timestamp '2024-01-01', a, b from (values (1, 1, null), (2, 3, 3)) v(n, a, b) order by n
