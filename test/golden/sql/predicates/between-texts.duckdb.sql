select arrival, id, name from input where name between 'A' and 'Z' or note not between ' ' and 'z' order by line
