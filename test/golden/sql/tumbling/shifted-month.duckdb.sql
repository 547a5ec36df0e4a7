select w + interval 1 month + interval 1 day, w, n from (select date_trunc('month', arrival - interval 1 day) as w, count(*) as n from input group by w) order by w
