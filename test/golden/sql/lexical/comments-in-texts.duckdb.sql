select arrival, k || '-- no', '/* no */', v + 1 from input where k <> '//' order by line
