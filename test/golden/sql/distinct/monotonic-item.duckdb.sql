select min(arrival), id // 10 * 10 as ten, w from input group by ten, w order by min(line)
