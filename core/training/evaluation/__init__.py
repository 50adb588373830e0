"""How good a model is: on data it has not seen, on what it must not forget, on what it must refuse; one beside another."""
