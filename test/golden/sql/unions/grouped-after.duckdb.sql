select date_trunc('minute', arrival) + interval 1 minute as w, cust, count(*), sum(case kind when 'order' then amt else -amt end) from input where kind in ('order', 'pay')
group by w, cust order by w, min(epoch_ms(arrival) * 1000 + case kind when 'order' then line else line + 500 end)
