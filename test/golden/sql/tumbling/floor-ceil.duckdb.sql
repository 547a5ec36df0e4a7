-- stream: CEILED
select ceiled, ceiled, count(*)
from (select to_timestamp(ceil(epoch_ms(arrival) / 60000.0) * 60)::TIMESTAMP as ceiled from input)
group by ceiled order by ceiled
