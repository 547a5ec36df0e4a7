select arrival, id, timestamp '2024-01-01', timestamp '2024-01-01', date '2024-01-01', time '00:00:00', time '00:00:00', arrival from input where id < 4 order by line
