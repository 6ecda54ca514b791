"""The language of the app: texts from message files, dates and numbers as the reader's browser wants them.

English texts stand in the code and are the keys; ``tiefvision_ui/locale/<language>/LC_MESSAGES/tiefvision.po`` holds
them in another language, and is read as it is. `texts` translates, `formats` writes dates and numbers, `catalogues`
reads the files, `choice` knows what the reader's browser and the reader want, and `extraction` (``make messages``)
brings the files up to date with the code.
"""
