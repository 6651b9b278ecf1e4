"""The economy: goods, prices, orders and swaps as pure rules over integers."""
