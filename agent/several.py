"""Numbers of a column whose rows may hold several each: the records of a model's payload."""

from parsers.columns import Column, Numbers, Objects
from parsers.merged import Pieces


def all_numbers(column: Column) -> Numbers:
    """The numbers of a column; of a row that holds a list each of the list's numbers."""
    numbers = column.numbers()
    if numbers.present.all() or not isinstance(column, Objects | Pieces):
        return numbers
    values = column.values()
    if not any(isinstance(value, list) for value in values):
        return numbers
    several = [value if isinstance(value, list) else [value] for value in values]
    return Objects([each for row in several for each in row]).numbers()
