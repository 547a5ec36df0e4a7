select arrival, k, chr(9), 'Straße', 'ä\!', 'a\b''c', '😀' from input where v = 1 order by line
