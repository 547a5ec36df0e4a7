select greatest(x.arrival, y.arrival) as t, x.id, y.id, x.b, y.p from input x join input y on x.b = y.p::decimal(38,2) order by t, x.line, y.line
