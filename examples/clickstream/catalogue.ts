/** What the shop sells and who comes: invented, fixed, and the same for every seed. */
import { Choice, zipf } from './random.ts'

/** Items for sale, the most popular first. */
export const ITEMS = 400
export const itemPopularity = new Choice(zipf(ITEMS, 1.05))

/** The price of an item in hundredths, 1.99 to 199.99; popular items are cheaper more often. */
export const itemPrices = Int32Array.from({ length: ITEMS }, (_, item) => {
  const scattered = (item * 7_919 + 13) % 197
  return 199 + 100 * Math.floor((scattered * (40 + item)) / (40 + ITEMS))
})

export const itemPaths = Array.from({ length: ITEMS }, (_, item) => `/item/${String(item + 1).padStart(4, '0')}`)

/** Pages beside items, the most popular first. Their words are not all ASCII, as in real shops. */
export const PAGES = [
  '/',
  '/category/books',
  '/category/garden',
  '/sale',
  '/category/küche',
  '/category/toys',
  '/about',
  '/category/vélos',
  '/help/returns',
  '/help/shipping',
  '/account',
  '/category/stationery',
] as const
export const pagePopularity = new Choice(zipf(PAGES.length, 0.9))

/** Pages that exist no more, but links to them do. */
export const DEAD_PAGES = ['/spring-2019', '/category/fax', '/item/0000'] as const

export const SEARCH_TERMS = [
  'lamp',
  'tea pot',
  'fahrradklingel',
  'café filter',
  'seeds',
  'notebook',
  '毛糸',
  'rake',
] as const

export const COUNTRIES = ['DE', 'US', 'FR', 'GB', 'NL', 'ES', 'PL', 'AT', 'CH', 'JP', 'BR', 'IN'] as const
/** by index of the country */
export const CURRENCIES = ['EUR', 'USD', 'EUR', 'GBP', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'USD', 'USD', 'USD'] as const
export const countryShares = new Choice([26, 20, 11, 10, 7, 6, 5, 4, 4, 3, 2, 2])

export const DEVICES = ['mobile', 'desktop', 'tablet'] as const
/** by index of the device */
export const USER_AGENTS = ['Mobile Safari', 'Firefox', 'Tablet Chrome'] as const
export const DEVICE_SHARES = [55, 38, 7] as const
export const deviceShares = new Choice(DEVICE_SHARES)
export const MOBILE = 0

/** Where visitors come from; the empty one typed the address. */
export const REFERRERS = [
  'https://search.example/',
  '',
  'https://social.example/',
  'https://newsletter.example/',
  'https://blog.example/ten-teapots',
  'https://prices.example/compare',
] as const
export const referrerShares = new Choice([40, 25, 15, 10, 6, 4])
