select p.arrival, p.device, p.celsius, avg(q.celsius),
  sum(q.celsius * pow(2, -epoch_ms(p.arrival - q.arrival) / 30000.0)) / sum(pow(2, -epoch_ms(p.arrival - q.arrival) / 30000.0))
from input p join input q on q.device = p.device and q.line <= p.line and q.arrival >= p.arrival - interval 1 minute
group by p.line, p.arrival, p.device, p.celsius order by p.line
