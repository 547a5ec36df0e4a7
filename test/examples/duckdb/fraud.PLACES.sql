select p.arrival, p.card, p.country, b.country, epoch_ms(p.arrival - b.arrival) // 1000
from input p join input b on p.card = b.card and p.country <> b.country
  and b.line < p.line and b.arrival >= p.arrival - interval 15 minute
order by p.line, b.line
