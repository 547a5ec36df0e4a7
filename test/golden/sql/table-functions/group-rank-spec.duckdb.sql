select arrival, n, r from (select *, rank() over (order by n desc) as r from input) order by r, line limit 3
