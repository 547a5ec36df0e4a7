select b.arrival, a.sym, a.price, b.price from input a join input b on a.sym = b.sym and a.price < b.price and a.arrival < b.arrival
  and b.arrival - a.arrival <= interval 10 second order by b.line, a.line
