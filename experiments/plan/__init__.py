"""What is asked: options, scenarios, designs and plans, checked before anything runs."""
