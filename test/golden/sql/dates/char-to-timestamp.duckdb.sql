select arrival, id, try_strptime(substr(s, 1, 19), '%Y-%m-%d %H:%M:%S') from input where s is null or try_strptime(substr(s, 1, 19), '%Y-%m-%d %H:%M:%S') is not null
  or id = 16 order by line
