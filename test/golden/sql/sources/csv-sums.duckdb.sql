select timestamp '2024-03-01 10:00:00', paid, count(*), sum(price), max(name) from (values (1, true, 12.50, 'Smith, Ann'), (2, false, 7, 'Bob'), (3, false, null, 'said "hi"'), (4, true, 100, ''))
  v(id, paid, price, name) group by paid order by min(id)
