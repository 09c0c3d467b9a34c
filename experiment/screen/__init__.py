"""What a participant sees and presses: pages, images, window, keyboard."""
