select arrival, id from input where t1 between timestamp '2024-01-01 00:00:00' and timestamp '2024-03-10 17:22:41'
  or d1 not between date '1900-01-02' and date '2030-01-01' or at1 between time '12:00:00' and time '06:00:00' order by line
