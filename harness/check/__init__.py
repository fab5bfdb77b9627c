"""What `bench check` and `bench certify` share: arms, plans, blocks of trials, and what is kept of them."""
