select arrival, id, name, name = 'Ann Lee' from input
where upper(name) = 'ANN LEE' or lower(note) = lower('LIKES Window Seats') order by line
