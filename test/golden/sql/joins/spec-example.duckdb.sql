select timestamp '2024-01-02 00:00:04', 1, 1 union all select timestamp '2024-01-02 00:00:15', 2, null
