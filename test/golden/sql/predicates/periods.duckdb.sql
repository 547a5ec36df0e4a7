select arrival, id, a = c and b = d, a <= c and d <= b, a <= c and c < b, a < c and d < b,
  a < d and c < b, a < d and c < b and ((a < c and b < d) or (c < a and d < b)), b <= c, b = c, d < a,
  a <= c and a < d and c < b, d < b and a < d and c < b, b <= c and d <= c + interval 20 second
from (select line, arrival, id, seen as a, seen + interval 2 second as b, date_trunc('second', arrival) as c, date_trunc('second', arrival) + interval 3 second as d from input) order by line
