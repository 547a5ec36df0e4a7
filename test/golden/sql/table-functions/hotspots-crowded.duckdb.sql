with recursive p as (select line, arrival, temp, hum from input where temp is not null),
  reach(at_line, line) as (
    select line, line from p
    union
    select r.at_line, b.line from reach r join p a on a.line = r.line join p b on b.line <= r.at_line and sqrt((a.temp - b.temp) ** 2 + (a.hum - b.hum) ** 2) <= 0.9)
select p.arrival, p.temp, p.hum, count(*) >= 10 from p join reach on reach.at_line = p.line group by p.line, p.arrival, p.temp, p.hum order by p.line
