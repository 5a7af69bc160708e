"""The processes of the fundamental prices, one short class to a file.

A new process is a class with ``draw(scenario, streams)`` (see :class:`model.price.process.path.PriceProcess`) and one
line of :data:`model.scenario.registry.PROCESSES`.
"""
