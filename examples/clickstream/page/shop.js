// The shop's own page: what a visitor does is told to the tracker by one call each.
const ITEMS = [
  { item_id: '0001', name: 'Mill stone', value: 49.9 },
  { item_id: '0002', name: 'Water wheel', value: 129 },
  { item_id: '0003', name: 'Flour, 1 kg', value: 2.49 },
  { item_id: '0004', name: 'Miller’s hat', value: 18.5 },
]
const find = id => document.getElementById(id)
const cart = []
const total = () => Math.round(cart.reduce((sum, { value }) => sum + value, 0) * 100) / 100
const say = text => {
  find('said').textContent = text
}
const tell = (name, fields = {}) => window.millrace(name, { status: 200, country: 'ME', ...fields })

for (const item of ITEMS) {
  const path = `/item/${item.item_id}`
  const row = document.createElement('li')
  const name = document.createElement('span')
  name.textContent = `${item.name}, ${item.value.toFixed(2)} EUR`
  const look = document.createElement('button')
  look.className = 'quiet'
  look.textContent = 'Look'
  look.addEventListener('click', () => {
    tell('page_view', { page_path: path })
    tell('view_item', { page_path: path, item_id: item.item_id, value: item.value, currency: 'EUR' })
    say(`You looked at ${item.name}.`)
  })
  const add = document.createElement('button')
  add.textContent = 'Add'
  add.addEventListener('click', () => {
    cart.push(item)
    tell('add_to_cart', { page_path: path, item_id: item.item_id, value: item.value, currency: 'EUR' })
    show()
  })
  row.append(name, look, add)
  find('items').append(row)
}

function show() {
  find('cart').textContent = cart.length === 0 ? 'Nothing yet.' : `${cart.length} items, ${total().toFixed(2)} EUR`
  find('checkout').disabled = cart.length === 0
}

find('checkout').addEventListener('click', () => {
  tell('begin_checkout', { page_path: '/checkout', value: total(), currency: 'EUR' })
  find('buy').disabled = false
  say('Ready to pay.')
})
find('buy').addEventListener('click', () => {
  tell('purchase', { page_path: '/checkout', value: total(), currency: 'EUR', transaction_id: crypto.randomUUID() })
  say(`Paid ${total().toFixed(2)} EUR. Watch the revenue on the live page.`)
  cart.length = 0
  find('buy').disabled = true
  show()
})
find('broken').addEventListener('click', () => {
  window.millrace('not a name!', { status: 200 })
  say('Sent. It is among the bad events of the live page, with the reason.')
})
