"""What the pages Boxes and Triplets need: the labelling session, queues, candidates, and recording of commits.

Labels are stored by `tiefvision_assets.store.labels`; the components that annotators use are in
`tiefvision_ui.components`.
"""
