select timestamp '2024-01-01', k from (values (1, 'a'), (2, 'c'), (3, 'd'), (4, 'z')) v(n, k) order by n
