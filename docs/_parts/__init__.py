"""What pages of the handbook have generated from the code; each module makes one page's parts."""
