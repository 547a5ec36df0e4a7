select timestamp '2024-01-01', * from (values (1, 'one', 1.5), (2, null, 2), (null, 'pump', null)) v
