select arrival, id, try_strptime(substr(s, 1, 10), '%Y-%m-%d')::date, try_strptime(substr(s, 12, 8), '%H:%M:%S')::time from input where s like '____-0_-__ __:__:__%' order by line
