select date_trunc('hour', arrival) + interval 1 hour as h, qty * price as worth, sym, side from input where qty is not null and price is not null and sym is not null
order by h, sym, worth desc, side desc nulls first, line
